import { parseArgs } from 'node:util';
import { render } from './render.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    file: { type: 'string', short: 'f', multiple: true },
    config: { type: 'string' },
    mode: { type: 'string' },
    dialect: { type: 'string' },
    family: { type: 'string' },
    format: { type: 'string' },
    'node-address': { type: 'string', multiple: true },
  },
});
try {
  const { text, warnings } = render({
    files: values.file ?? [],
    ...(values.config ? { config: values.config } : {}),
    ...(values.mode ? { mode: values.mode as 'iptables' } : {}),
    ...(values.dialect ? { dialect: values.dialect as 'current' } : {}),
    ...(values.family ? { family: values.family === 'ipv6' ? 'IPv6' : 'IPv4' } : {}),
    ...(values['node-address'] ? { nodeAddresses: values['node-address'] } : {}),
  });
  for (const warning of warnings) console.error(warning);
  process.stdout.write(text);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
