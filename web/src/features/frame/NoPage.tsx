import { useT } from '@/ui/prefs';
import { Empty } from '@/ui/View';

export function NoPage() {
  const t = useT();
  return <Empty title={t('app.page_unknown')} next={t('app.page_unknown_next')} />;
}
