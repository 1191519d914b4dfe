import { CopyButton, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Icon } from '../Icon';
import { useT } from '../prefs';

/** What the button does, as a command line and as a call: to be learnt from, and copied. */
export function CommandBox({ command, curl }: { command: string; curl: string }) {
  const t = useT();
  const [kind, setKind] = useState<'cli' | 'curl'>('cli');
  const text = kind === 'cli' ? command : curl;
  return (
    <div className="command-box">
      <SegmentedControl
        size="xs"
        value={kind}
        onChange={(value) => setKind(value as 'cli' | 'curl')}
        data={[
          { value: 'cli', label: t('op.cli') },
          { value: 'curl', label: t('op.curl') },
        ]}
        aria-label={t('op.as_command')}
      />
      <input className="mono" readOnly value={text} aria-label={t('op.as_command')} />
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <button
            type="button"
            className="icon-button"
            onClick={copy}
            aria-label={t(copied ? 'view.copied' : 'view.copy')}
          >
            {copied ? '✓' : <Icon name="copy" size={14} />}
          </button>
        )}
      </CopyButton>
    </div>
  );
}
