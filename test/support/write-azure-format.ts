import { closeSync, openSync, writeSync } from 'node:fs';
import { AzureFormat } from './azure-format.ts';

// node --import tsx test/support/write-azure-format.ts <rows> <file>: a large trace to read.

const [rows = '', file = ''] = process.argv.slice(2);
if (!/^\d+$/.test(rows) || file === '') throw new Error('give the number of rows and the file to write');
const source = new AzureFormat(Number(rows));
const buffer = new Uint8Array(1 << 16);
const descriptor = openSync(file, 'wx');
for (let bytes = source.read(buffer); bytes > 0; bytes = source.read(buffer)) writeSync(descriptor, buffer, 0, bytes);
closeSync(descriptor);
