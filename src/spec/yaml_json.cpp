#include "spec/fields.h"
#include "spec/reader.h"
#include "spec/spec.h"

namespace dandori::spec {

Result<Json> read_yaml(std::string_view file_name, std::string_view text) {
  Problems problems{file_name, text};
  Context context{.problems = problems};
  const std::vector<Document> documents = read_documents(problems);
  Json value;
  if (!documents.empty()) value = read_json(context, documents.front().root, Path{});
  const std::vector<Problem> found = problems.take();
  if (!found.empty()) {
    return std::unexpected(
        Error{found.front().code, format_problem(found.front(), false), found.front().hint});
  }
  return value;
}

}  // namespace dandori::spec
