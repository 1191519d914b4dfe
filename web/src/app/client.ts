import { QueryClient } from '@tanstack/react-query';
import { Problem } from '@/api/client';

export const client = new QueryClient({
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
