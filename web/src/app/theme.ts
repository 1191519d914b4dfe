import { createTheme, type MantineColorsTuple, Tooltip } from '@mantine/core';

/** Grounds and lines of the dark theme, in the hue of ours. */
const dark: MantineColorsTuple = [
  '#e4e9ef',
  '#c3ccd6',
  '#9dabbb',
  '#7e8b99',
  '#303b47',
  '#26303a',
  '#1d252e',
  '#171d24',
  '#12181e',
  '#0f1419',
];

const navy: MantineColorsTuple = [
  '#eaf2f9',
  '#d3e3f1',
  '#a5c6e2',
  '#74a8d3',
  '#4d8ec6',
  '#3580bf',
  '#2a6ca8',
  '#235a8c',
  '#1b4f7d',
  '#10406a',
];

export const theme = createTheme({
  primaryColor: 'navy',
  primaryShade: { light: 7, dark: 6 },
  colors: { navy, dark },
  fontFamily:
    'Inter, "Segoe UI", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, system-ui, sans-serif',
  fontFamilyMonospace:
    '"JetBrains Mono", "Cascadia Mono", Consolas, "Noto Sans Mono CJK JP", "Noto Sans Mono", Menlo, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withinPortal: true } }),
  },
});
