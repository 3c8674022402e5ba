/** Where the page is: it may be served below a path, with the API and the socket beside it. */

const folder = new URL(".", document.baseURI).pathname;

/** What the paths of REST calls begin with: nothing, or `/live`. */
export const restUrl = folder.slice(0, -1);

/** Where sockets connect; the server writes it into the page as it is seen from there. */
export const socketPath = new URL(document.documentElement.dataset["socket"]!, document.baseURI).pathname;
