export function careless(value: any): void {
  console.log(value);
  Promise.resolve(value);
}

export default careless;
