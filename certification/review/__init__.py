"""Final submission, the frozen snapshot, its dossier; later the committee that reads them."""
