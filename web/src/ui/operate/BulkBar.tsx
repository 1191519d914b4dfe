import { Button, Menu } from '@mantine/core';
import { useState } from 'react';
import type { RunFilter } from '@/api/queries';
import { useT } from '../prefs';
import type { BulkAction, Chosen } from './bulkModel';
import { useOperate } from './Operate';
import type { OperationName } from './operations';

/** What can be done with the rows that are chosen; the first action has a button of its own. */
export function BulkBar({
  names,
  actions,
  clear,
  all,
}: {
  names: string[];
  actions: readonly BulkAction[];
  clear: () => void;
  /** Offered when more match the filter than are loaded. */
  all?: RunFilter | undefined;
}) {
  const t = useT();
  const [withAll, setWithAll] = useState(false);
  const chosen: Chosen = all && withAll ? { filter: all } : { names };
  const label = all && withAll ? t('bulk.all_matching') : t('view.selected', { n: names.length });
  const open = useOperate();
  const [first, ...rest] = actions;
  const word = (action: BulkAction) =>
    action === 'run.rerun'
      ? t('bulk.rerun')
      : t(`op.${action.slice(action.indexOf('.') + 1) as OperationName}`);
  return (
    <section className="bulk-bar" aria-label={label}>
      <b className="num">{label}</b>
      {all && (
        <Button size="xs" variant="default" onClick={() => setWithAll(!withAll)}>
          {t(withAll ? 'bulk.only_chosen' : 'bulk.choose_all')}
        </Button>
      )}
      {first && (
        <Button size="xs" onClick={() => open({ is: 'bulk', action: first, chosen })}>
          {word(first)}
        </Button>
      )}
      <Menu position="top-start">
        <Menu.Target>
          <Button size="xs" variant="default">
            {t('view.more')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {rest.map((action) => (
            <Menu.Item key={action} onClick={() => open({ is: 'bulk', action, chosen })}>
              {word(action)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button size="xs" variant="subtle" onClick={clear}>
        {t('view.clear_selection')}
      </Button>
    </section>
  );
}
