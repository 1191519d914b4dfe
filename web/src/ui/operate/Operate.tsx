import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { later } from '../later';
import type { BulkAction, Chosen } from './bulkModel';
import type { OperationName, Target } from './operations';

const BulkDialog = later(async () => (await import('./BulkDialog')).BulkDialog);
const OperationDialog = later(async () => (await import('./OperationDialog')).OperationDialog);
const RerunDialog = later(async () => (await import('./RerunDialog')).RerunDialog);
const Toasts = later(async () => (await import('../Toasts')).Toasts);
const StartDialog = later(async () => (await import('./StartDialog')).StartDialog);

export type Request =
  | { is: 'operation'; name: OperationName; target: Target }
  | { is: 'rerun'; run: string; job?: string }
  | { is: 'bulk'; action: BulkAction; chosen: Chosen }
  | { is: 'start'; workflow: string };

const Context = createContext<(request: Request) => void>(() => {});

/** Opens the dialog of an operation, from wherever it is asked for: the same everywhere. */
export function useOperate(): (request: Request) => void {
  return useContext(Context);
}

function Dialog({ request, onClose }: { request: Request; onClose: () => void }) {
  switch (request.is) {
    case 'operation':
      return <OperationDialog name={request.name} target={request.target} onClose={onClose} />;
    case 'rerun':
      return <RerunDialog run={request.run} job={request.job} onClose={onClose} />;
    case 'bulk':
      return <BulkDialog action={request.action} chosen={request.chosen} onClose={onClose} />;
    case 'start':
      return <StartDialog workflow={request.workflow} onClose={onClose} />;
  }
}

export function OperateProvider({ children }: { children: ReactNode }) {
  const [request, setRequest] = useState<Request | null>(null);
  const close = useCallback(() => setRequest(null), []);
  const [used, setUsed] = useState(false);
  const open = useCallback((next: Request) => {
    setUsed(true);
    setRequest(next);
  }, []);
  return (
    <Context value={open}>
      {children}
      {used && <Toasts />}
      {request && <Dialog request={request} onClose={close} />}
    </Context>
  );
}
