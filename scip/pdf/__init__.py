"""Renders documents to PDF: certificates, receipts, the process guide."""
