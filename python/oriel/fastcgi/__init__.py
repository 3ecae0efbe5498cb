"""What all that speaks FastCGI here has in common: records, pairs, and who went away."""
