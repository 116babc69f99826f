/** Focuses the control of a field, or of the nearest field above it that has one; false where the form has none. */
export function focusField(form: HTMLElement, field: string): boolean {
  for (let path = field; path !== ''; path = shortened(path)) {
    const box = form.querySelector(`[data-field="${CSS.escape(path)}"]`);
    const control = box?.querySelector<HTMLElement>('input, textarea, select, button, [role=combobox]');
    if (!control) continue;
    control.scrollIntoView({ block: 'center' });
    control.focus();
    return true;
  }
  return false;
}

/** `spec.ports[0].port` → `spec.ports[0]` → `spec.ports`. */
function shortened(path: string): string {
  const end = path.endsWith(']') ? path.lastIndexOf('[') : path.lastIndexOf('.');
  return end < 0 ? '' : path.slice(0, end);
}
