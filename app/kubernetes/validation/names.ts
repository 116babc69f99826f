/**
 * What names, labels and ports may be called (k8s.io/apimachinery/pkg/util/validation). Each function
 * tells what is wrong in the API's words; an empty list when nothing is.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_MAX = 63;
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const SUBDOMAIN_MAX = 253;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const PORT_NAME_MAX = 15;
const PERCENT = '[0-9]+%';
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const LABEL_RULE = expression(LABEL);
const SUBDOMAIN_RULE = expression(SUBDOMAIN);
const QUALIFIED_RULE = expression(QUALIFIED);
const LABEL_VALUE_RULE = expression(LABEL_VALUE);
const PERCENT_RULE = expression(PERCENT);
const CONFIG_KEY_RULE = expression(CONFIG_KEY);

function expression(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function tooLong(text: string, maximum: number): string[] {
  return byteLength(text) > maximum ? [`must be no more than ${maximum} bytes`] : [];
}

/** `… (e.g. 'my-name',  or '123-abc', regex used for validation is '…')`, the API's own spacing. */
function patternError(message: string, pattern: string, ...examples: string[]): string {
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
}

/** A DNS label, RFC 1123: Services, Namespaces, container and port names. */
export function dnsLabelErrors(text: string): string[] {
  const errors = tooLong(text, LABEL_MAX);
  if (!LABEL_RULE.test(text)) {
    errors.push(
      patternError(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        LABEL,
        'my-name',
        '123-abc',
      ),
    );
  }
  return errors;
}

/** A DNS subdomain, RFC 1123: most objects' names. */
export function dnsSubdomainErrors(text: string): string[] {
  const errors = tooLong(text, SUBDOMAIN_MAX);
  if (!SUBDOMAIN_RULE.test(text)) {
    errors.push(
      patternError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        SUBDOMAIN,
        'example.com',
      ),
    );
  }
  return errors;
}

/** A name that `generateName` begins: it may end in a dash, as something follows. */
export function generateNameErrors(prefix: string, nameErrors: (name: string) => string[]): string[] {
  const masked = prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;
  return nameErrors(masked);
}

/** A label's or annotation's key, a finalizer, an application protocol: `example.com/name` or `name`. */
export function qualifiedNameErrors(text: string): string[] {
  const errors: string[] = [];
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    return [
      `a qualified name ${patternError(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (second !== undefined) {
    if (first === '') errors.push('prefix part must be non-empty');
    else errors.push(...dnsSubdomainErrors(first).map((message) => `prefix part ${message}`));
  }
  const name = second ?? first;
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...tooLong(name, LABEL_MAX).map((message) => `name part ${message}`));
  if (!QUALIFIED_RULE.test(name)) {
    errors.push(`name part ${patternError(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  }
  return errors;
}

const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function labelValueErrors(text: string): string[] {
  const errors = tooLong(text, LABEL_MAX);
  if (!LABEL_VALUE_RULE.test(text)) {
    errors.push(
      patternError(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return errors;
}

export function portNumberErrors(port: number): string[] {
  return port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** The name of a container's port, an IANA service name. */
export function portNameErrors(text: string): string[] {
  const errors = tooLong(text, PORT_NAME_MAX);
  if (!/^[-a-z0-9]+$/.test(text)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(text)) errors.push('must contain at least one letter (a-z)');
  if (text.includes('--')) errors.push('must not contain consecutive hyphens');
  if (text !== '' && (text.startsWith('-') || text.endsWith('-'))) {
    errors.push('must not begin or end with a hyphen');
  }
  return errors;
}

/** A Service's target port: a number, or the name of a container's port. */
export function portErrors(port: number | string): string[] {
  return typeof port === 'number' ? portNumberErrors(port) : portNameErrors(port);
}

export function percentErrors(text: string): string[] {
  if (PERCENT_RULE.test(text)) return [];
  return [
    patternError(
      "a valid percent string must be a numeric string followed by an ending '%'",
      PERCENT,
      '1%',
      '93%',
    ),
  ];
}

/** The key of an entry of a ConfigMap or Secret: it can be the name of a file. */
export function configKeyErrors(text: string): string[] {
  const errors = tooLong(text, SUBDOMAIN_MAX);
  if (!CONFIG_KEY_RULE.test(text)) {
    errors.push(
      patternError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  if (text === '.') errors.push("must not be '.'");
  if (text === '..') errors.push("must not be '..'");
  else if (text.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** The name of an environment variable: printable ASCII without `=`. */
export function environmentNameErrors(text: string): string[] {
  if (text === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(text)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}
