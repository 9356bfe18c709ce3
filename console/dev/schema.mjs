/**
 * `npm run api`: writes `src/api/schema.ts` from `openapi.json`, the document that the hub serves at
 * `/api/openapi.json` (keys sorted, indented by two). With `--check` it only says whether it is so.
 */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const HEAD = '/** The hub\'s interface, made from `openapi.json` by `npm run api`. Do not edit. */\n';

const document = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));
// Types are made by path. The operations' own names come from functions in several modules of the
// hub, so that some are there twice.
for (const path of Object.values(document.paths)) {
  for (const operation of Object.values(path)) delete operation.operationId;
}
const ast = await openapiTS(document, {
  alphabetize: true,
  emptyObjectsUnknown: true,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
});
const made = HEAD + astToString(ast);
const file = new URL('../src/api/schema.ts', import.meta.url);
if (!process.argv.includes('--check')) await writeFile(file, made);
else if ((await readFile(file, 'utf8')) !== made) throw new Error('src/api/schema.ts is not what openapi.json gives: npm run api');
