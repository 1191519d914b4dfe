import { Modal } from '@mantine/core';
import type { Key } from '@/i18n';
import { useT } from '@/ui/prefs';

const PLACES: [Key, Key][] = [
  ['help.anywhere', 'help.anywhere_keys'],
  ['help.lists', 'view.table_keys'],
  ['nav.calendars', 'cal.keys'],
  ['run.flow', 'run.flow_keys'],
  ['run.log', 'log.keys'],
];

/** What the keys do, by place. */
export function Help({ onClose }: { onClose: () => void }) {
  const t = useT();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t('help.title')}
      closeButtonProps={{ 'aria-label': t('view.close') }}
    >
      <dl className="facts">
        {PLACES.map(([place, keys]) => (
          <div key={place} style={{ display: 'contents' }}>
            <dt>{t(place)}</dt>
            <dd>{t(keys)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
