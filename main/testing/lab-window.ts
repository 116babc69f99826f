/** The window as a person works it: by the roles and labels that it shows. */
import type { Locator, Page } from 'playwright-core';

/** Whichever shell shows it. */
export class LabWindow {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    // A computer that does other things as well is slow, not wrong.
    page.setDefaultTimeout(60_000);
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

  /** Of the first port, in the form of a Service that is open. */
  nodePortField(service: Locator): Locator {
    return service.getByRole('group', { name: 'Port 1' }).getByLabel('Node port');
  }

  /** Saves the Service that is open, and waits until nothing of it is unsaved. */
  async save(service: Locator): Promise<void> {
    const button = service.getByRole('button', { name: /^Save/ });
    await button.click();
    await button.waitFor({ state: 'detached' });
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

  /** How many answers each pod gave in the run that is shown, by its name. */
  async answersByPod(): Promise<Map<string, number>> {
    const rows = await this.main.getByRole('table', { name: 'Who answered' }).locator('tbody tr').all();
    const answers = rows.map(
      async (row): Promise<[string, number]> => [
        await row.getByRole('rowheader').innerText(),
        Number(await row.locator('strong').innerText()),
      ],
    );
    return new Map(await Promise.all(answers));
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
