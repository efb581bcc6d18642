export function deep(a: number): number {
  if (a > 1) {
    if (a > 2) {
      if (a > 3) {
        if (a > 4) {
          if (a > 5) return a;
        }
      }
    }
  }
  return 0;
}
