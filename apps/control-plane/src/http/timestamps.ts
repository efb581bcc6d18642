/** Times of an object as the contract writes them: RFC 3339 with a T and an offset. */
export function timestamps(row: { readonly createdAtMs: number; readonly updatedAtMs: number }): {
  readonly created_at: string;
  readonly updated_at: string;
} {
  return {
    created_at: new Date(row.createdAtMs).toISOString(),
    updated_at: new Date(row.updatedAtMs).toISOString(),
  };
}
