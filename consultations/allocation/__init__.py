"""Who goes into which group: wishes and seats in, places out. Pure; it knows no Django models."""
