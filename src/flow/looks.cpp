#include "flow/looks.h"

#include <utility>

namespace dandori::flow {

namespace {

constexpr Look kWaiting{"#ffffff", "#5b6770", "hourglass"};
constexpr Look kActive{"#e3f1fb", "#0072b2", "play"};
constexpr Look kHeld{"#f3ecf9", "#7a4b9c", "pause", true};
constexpr Look kLeftOut{"#f1f3f4", "#5b6770", "skip", true};

}  // namespace

Look look_of(model::JobState state) {
  using enum model::JobState;
  switch (state) {
    case wait_time:
      return {"#ffffff", "#5b6770", "clock"};
    case wait_pred:
    case wait_event:
    case retry_wait:
      return kWaiting;
    case wait_pool:
      return {"#ffffff", "#5b6770", "lines"};
    case held:
      return kHeld;
    case disabled:
      return {"#f1f3f4", "#5b6770", "slashed", true};
    case starting:
    case running:
    case stopping:
      return kActive;
    case succeeded:
      return {"#e2f5ee", "#00795a", "check"};
    case warning:
      return {"#fdf1d3", "#8a5a00", "bang"};
    case failed:
      return {"#fbe5da", "#b23c00", "cross"};
    case unknown:
      return {"#fbe5da", "#b23c00", "question"};
    case killed:
      return {"#f6e3ec", "#a23671", "square"};
    case not_run:
      return {"#f1f3f4", "#5b6770", "slashed", true};
    case skipped:
    case bypassed:
      return kLeftOut;
  }
  std::unreachable();
}

std::string_view glyph_definitions() {
  return R"svg(<symbol id="check" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M4.5 8.5l2.5 2.5 4.5-5" fill="none" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="cross" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M5 5l6 6M11 5l-6 6" stroke="#fff" stroke-width="1.8"/></symbol>
<symbol id="question" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M5.8 6.4a2.3 2.3 0 1 1 3.3 2c-.8.4-1.1.7-1.1 1.5" fill="none" stroke="#fff" stroke-width="1.6"/><circle cx="8" cy="12" r="1" fill="#fff"/></symbol>
<symbol id="bang" viewBox="0 0 16 16"><path d="M8 1l7.4 13.4H.6z" fill="currentColor"/><path d="M8 5.4v4.2" stroke="#fff" stroke-width="1.8"/><circle cx="8" cy="12" r="1" fill="#fff"/></symbol>
<symbol id="play" viewBox="0 0 16 16"><path d="M3 1.5l11.5 6.5L3 14.5z" fill="currentColor"/></symbol>
<symbol id="clock" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M8 4.2V8l2.6 1.8" fill="none" stroke="currentColor" stroke-width="1.6"/></symbol>
<symbol id="hourglass" viewBox="0 0 16 16"><path d="M3.5 1.5h9M3.5 14.5h9M4.5 1.5c0 4 3.5 4.5 3.5 6.5s-3.5 2.5-3.5 6.5M11.5 1.5c0 4-3.5 4.5-3.5 6.5s3.5 2.5 3.5 6.5" fill="none" stroke="currentColor" stroke-width="1.5"/></symbol>
<symbol id="lines" viewBox="0 0 16 16"><path d="M2 4h12M2 8h12M2 12h12" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="pause" viewBox="0 0 16 16"><path d="M5 2v12M11 2v12" stroke="currentColor" stroke-width="3.2"/></symbol>
<symbol id="slashed" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M3.5 12.5l9-9" stroke="currentColor" stroke-width="1.6"/></symbol>
<symbol id="skip" viewBox="0 0 16 16"><path d="M2 3l5 5-5 5M8 3l5 5-5 5" fill="none" stroke="currentColor" stroke-width="1.8"/></symbol>
<symbol id="square" viewBox="0 0 16 16"><rect x="2.5" y="2.5" width="11" height="11" fill="currentColor"/></symbol>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0v7" stroke="#5b6770" stroke-opacity=".22" stroke-width="2"/></pattern>
)svg";
}

}  // namespace dandori::flow
