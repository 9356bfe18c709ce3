/** The page's own grid code, for the fixture: one table of levels, in TypeScript. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

const source = readFileSync(new URL('../src/map/beidou.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
});
export const { boundsOfCell, cellAt, cellOf, cellsAcross, centreOfCell, CODE_LENGTHS, codeOf, split3d } = await import(
  `data:text/javascript,${encodeURIComponent(outputText)}`
);
