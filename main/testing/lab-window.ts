/** The window as a person works it: by the roles and labels that it shows. */
import type { Locator, Page } from 'playwright-core';

/** Whichever shell shows it. */
export class LabWindow {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get main(): Locator {
    return this.page.getByRole('main');
  }

  async ready(): Promise<void> {
    await this.page.getByText('API connected').waitFor();
  }

  async skipTour(): Promise<void> {
    await this.page.getByRole('button', { name: 'Skip', exact: true }).click();
  }

  async show(view: 'Services' | 'Rules' | 'Traffic' | 'Node' | 'Export'): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
    await this.page.getByRole('main', { name: view }).waitFor();
  }

  async createFromTemplate(name: string): Promise<void> {
    await this.main.getByRole('button', { name: 'New', exact: true }).click();
    await this.page.getByRole('button', { name: `Create ${name}`, exact: true }).click();
    await this.row(name).waitFor();
  }

  /** The Service's row in the table, with this text somewhere in it. */
  row(name: string, text = ''): Locator {
    return this.main.getByRole('row', { name }).filter({ hasText: text });
  }

  /** Opens a Service from the table, at one of its tabs. */
  async open(name: string, tab: RegExp): Promise<Locator> {
    await this.show('Services');
    const service = this.main.getByRole('region', { name, exact: true });
    if (!(await service.isVisible())) await this.row(name).click();
    await service.getByRole('tab', { name: tab }).click();
    return service;
  }

  async save(): Promise<void> {
    await this.main.getByRole('group', { name: 'Save' }).getByRole('button', { name: /^Save/ }).click();
  }

  /** Replaces a number at the end of a line of the YAML editor. */
  async editYamlNumber(service: Locator, before: string, after: string): Promise<void> {
    await service.locator('.cm-line', { hasText: before }).click();
    await this.page.keyboard.press('End');
    const [was = ''] = /\d+$/.exec(before) ?? [];
    for (const _digit of was) await this.page.keyboard.press('Backspace');
    await this.page.keyboard.type(after);
  }

  async sendRequests(): Promise<void> {
    await this.main.getByRole('button', { name: 'Send requests', exact: true }).click();
  }

  async switchMode(mode: string): Promise<void> {
    await this.page.getByRole('button', { name: /^Proxy mode/ }).click();
    const dialog = this.page.getByRole('dialog', { name: 'Switch the proxy mode' });
    await dialog.getByRole('radio', { name: new RegExp(`^${mode}`) }).click();
    await dialog.getByRole('button', { name: /^Switch/ }).click();
    await this.page.getByRole('button', { name: new RegExp(`^Proxy mode ${mode}`) }).waitFor();
  }

  /** Saves the export that is shown, and gives its text. */
  async savedExport(): Promise<string> {
    await this.page.evaluate(() => {
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob: Blob) => {
        Object.assign(window, { savedFile: blob.text() });
        return make(blob);
      };
    });
    await this.main.getByRole('button', { name: 'Save', exact: true }).click();
    await this.page.waitForFunction(() => 'savedFile' in window);
    return this.page.evaluate(() => (window as unknown as { savedFile: Promise<string> }).savedFile);
  }
}
