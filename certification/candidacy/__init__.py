"""Level C begins: eligibility, registration, equivalency, retreat, attestation, leave."""
