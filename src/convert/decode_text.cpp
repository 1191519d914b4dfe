#include "convert/decode_text.h"

#include <fmt/core.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

namespace dandori::convert {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kHint = "save the file as UTF-8 or Shift_JIS";

/// A conversion of the C library. Closed at the end.
class Conversion {
 public:
  Conversion(const char* to, const char* from) : handle_{iconv_open(to, from)} {}
  ~Conversion() {
    if (is_open()) iconv_close(handle_);
  }
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Adds to `out`; takes what it could read from `in`. False: the rest cannot be read.
  bool convert(std::string_view& in, std::string& out) {
    std::array<char, 8192> part;
    while (!in.empty()) {
      char* source = const_cast<char*>(in.data());  // NOLINT: the interface is older than const
      char* target = part.data();
      std::size_t source_left = in.size(), target_left = part.size();
      const bool failed = iconv(handle_, &source, &source_left, &target, &target_left) ==
                          static_cast<std::size_t>(-1);
      const int why = errno;
      in.remove_prefix(in.size() - source_left);
      out.append(part.data(), part.size() - target_left);
      if (failed && why != E2BIG) return false;
    }
    return true;
  }

 private:
  iconv_t handle_;
};

}  // namespace

Result<std::string> decode_text(std::string_view bytes) {
  if (is_valid_utf8(bytes)) {
    if (bytes.starts_with(kBom)) bytes.remove_prefix(kBom.size());
    return std::string{bytes};
  }
  Conversion shift_jis{"UTF-8", "CP932"};
  if (!shift_jis.is_open()) {
    return fail("import.encoding", "the file is not UTF-8, and this system cannot read Shift_JIS",
                "save the file as UTF-8, or install the C library's converters (gconv)");
  }
  std::string out;
  out.reserve(bytes.size() * 3 / 2);
  std::string_view rest = bytes;
  if (shift_jis.convert(rest, out)) return out;
  const std::string_view read = bytes.substr(0, bytes.size() - rest.size());
  return fail("import.encoding",
              fmt::format("line {}: the byte 0x{:02X} is neither UTF-8 nor Shift_JIS",
                          std::ranges::count(read, '\n') + 1,
                          static_cast<unsigned>(static_cast<unsigned char>(rest.front()))),
              std::string{kHint});
}

}  // namespace dandori::convert
