// The package is TypeScript: Next compiles it along with the application.
export default { transpilePackages: ["collab"] };
