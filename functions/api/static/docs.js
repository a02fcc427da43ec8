// Starts Swagger UI; a file of its own, since the page's policy allows no script inside the page.
const root = document.getElementById("swagger-ui").dataset.root;
SwaggerUIBundle({
  url: `${root}/openapi.json`,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
