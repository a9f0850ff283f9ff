"""The API's document: OpenAPI 3.1, made of the routes that are served and of the models that validate."""
