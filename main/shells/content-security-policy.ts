/**
 * What a page of ours may load: the same in the browser and in Electron. Everything comes from the page's own
 * origin, its WebSocket too ('self' covers ws: there). Scripts are files, never text: what cluster objects
 * bring into the page cannot run. Styles may be inline, because the code editor, the virtual lists and the
 * primitives set them on elements; a style can load nothing that the other directives do not allow.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
