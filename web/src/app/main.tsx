import './mantine';
import './app.css';
import './parts.css';
import './states.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionGate } from '@/features/session/SessionGate';
import { ClockProvider } from '@/ui/clock';
import { PrefsProvider, usePrefs } from '@/ui/prefs';
import { client } from './client';
import { router } from './router';
import { theme } from './theme';

function App() {
  const { dark } = usePrefs();
  return (
    <MantineProvider theme={theme} forceColorScheme={dark ? 'dark' : 'light'}>
      <ClockProvider>
        <SessionGate>
          <RouterProvider router={router} />
        </SessionGate>
      </ClockProvider>
    </MantineProvider>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <PrefsProvider>
        <App />
      </PrefsProvider>
    </QueryClientProvider>
  </StrictMode>,
);
