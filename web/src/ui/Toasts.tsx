import '@mantine/notifications/styles.layer.css';
import { Notifications } from '@mantine/notifications';

/** Loaded with the first dialog: before it there is nothing to tell. */
export function Toasts() {
  return <Notifications position="bottom-right" limit={3} />;
}
