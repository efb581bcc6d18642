import { type Disk, storageFaultOf } from './disk.ts';

/**
 * A disk for a process that may run out of files to open: when one cannot be opened for that reason,
 * `spare` closes some that can be opened again, and it is tried once more.
 */
export function sparingDisk(disk: Disk, spare: () => number): Disk {
  const again = <Result>(open: () => Result): Result => {
    try {
      return open();
    } catch (error) {
      if (storageFaultOf(error) !== 'no_files' || spare() === 0) throw error;
      return open();
    }
  };
  return {
    open: (path, mode) => again(() => disk.open(path, mode)),
    openWal: (path, sizeBytes) => again(() => disk.openWal(path, sizeBytes)),
    fillWal: (path, sizeBytes, done) => again(() => disk.fillWal(path, sizeBytes, done)),
    list: (path) => again(() => disk.list(path)),
    syncDir: (path, done) => again(() => disk.syncDir(path, done)),
    exists: (path) => disk.exists(path),
    sizeOf: (path) => disk.sizeOf(path),
    mkdir: (path) => disk.mkdir(path),
    rename: (from, to) => disk.rename(from, to),
    unlink: (path) => disk.unlink(path),
    rmdir: (path) => disk.rmdir(path),
    freeBytes: () => disk.freeBytes(),
  };
}
