// Shows the description of the API; a file of its own, since the page runs no inline script.
window.SwaggerUIBundle({ url: '/api', dom_id: '#docs', deepLinking: true });
