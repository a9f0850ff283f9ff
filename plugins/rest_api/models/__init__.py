"""What the API takes and what it answers, by topic: the one source for validation, answers and the OpenAPI
document."""
