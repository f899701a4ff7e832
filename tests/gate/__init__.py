"""The gate's own tools, tried out."""
