import { Button, Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useActionsOff } from '../live';
import { useT } from '../prefs';
import { useOperate } from './Operate';
import type { OperationName, Target } from './operations';

/** What can be done with something, behind a button. */
export function OperationMenu({
  label,
  face,
  target,
  names,
  children,
}: {
  label: string;
  /** What the button shows, when it is not its name. */
  face?: ReactNode;
  target: Target;
  names: readonly OperationName[];
  /** Entries of another kind, before those. */
  children?: ReactNode;
}) {
  const t = useT();
  const open = useOperate();
  const off = useActionsOff();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" variant="default" disabled={off} aria-label={label}>
          {face ?? label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        {names.map((name) => (
          <Menu.Item key={name} onClick={() => open({ is: 'operation', name, target })}>
            {t(`op.${name}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
