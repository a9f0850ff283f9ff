// Shows /api/openapi.json. Nothing is asked of any other host, and a token is forgotten with the page.
window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  filter: true,
  syntaxHighlight: { theme: 'nord' },
  tryItOutEnabled: true,
  validatorUrl: null,
});
