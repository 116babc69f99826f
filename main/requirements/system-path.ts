/** Debian leaves the folders of the network tools out of an ordinary user's PATH. Imported for its effect. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const folders = (process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':');
process.env['PATH'] = [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))].join(':');

export {};
