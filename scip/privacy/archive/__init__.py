"""What somebody takes along: their rows as JSON, their files, and a page that explains them."""
