import { Button, Menu } from '@mantine/core';
import { useT } from '../prefs';
import { useOperate } from './Operate';
import type { BulkAction, OperationName } from './operations';

/** What can be done with the rows that are chosen; the first action has a button of its own. */
export function BulkBar({
  names,
  actions,
  clear,
}: {
  names: string[];
  actions: readonly BulkAction[];
  clear: () => void;
}) {
  const t = useT();
  const open = useOperate();
  const [first, ...rest] = actions;
  const word = (action: BulkAction) =>
    action === 'run.rerun'
      ? t('bulk.rerun')
      : t(`op.${action.slice(action.indexOf('.') + 1) as OperationName}`);
  return (
    <section className="bulk-bar" aria-label={t('view.selected', { n: names.length })}>
      <b className="num">{t('view.selected', { n: names.length })}</b>
      {first && (
        <Button size="xs" onClick={() => open({ is: 'bulk', action: first, names })}>
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
            <Menu.Item key={action} onClick={() => open({ is: 'bulk', action, names })}>
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
