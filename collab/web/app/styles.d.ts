/** A style sheet that comes with its part of the page. */
declare module "*.css";
