// Checks the AsyncAPI document on stdin against the specification's own JSON Schema; prints what does not fit.

import { readFileSync } from "node:fs";
import specs from "@asyncapi/specs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const document = JSON.parse(readFileSync(0, "utf8"));
const ajv = new Ajv({ allErrors: true, strict: false });
addFormats(ajv);
const fits = ajv.compile(specs.schemasWithoutId[document.asyncapi]);
process.stdout.write(JSON.stringify(fits(document) ? [] : fits.errors));
