import './mantine';
import './app.css';
import './parts.css';
import './states.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from '@/api/client';
import { SessionGate } from '@/features/session/SessionGate';
import { ClockProvider } from '@/ui/clock';
import { PrefsProvider, usePrefs } from '@/ui/prefs';
import { router } from './router';
import { theme } from './theme';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses stays refused; what it cannot answer now is asked again.
      retry: (count, error) =>
        error instanceof Problem && (error.status === 0 || error.status === 503) && count < 3,
      retryDelay: (count) => 500 * 2 ** count,
      staleTime: 5_000,
      refetchOnWindowFocus: false,
    },
  },
});

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
