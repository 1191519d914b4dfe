import { ErrorView } from '@/ui/View';

/** A page that broke, or whose code is no longer there since the server became a newer one. */
export function PageError({ error }: { error: unknown }) {
  return (
    <section className="page">
      <ErrorView error={error} retry={() => location.reload()} />
    </section>
  );
}
