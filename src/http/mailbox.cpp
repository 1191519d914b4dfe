#include "http/mailbox.h"

#include "http/server.h"

namespace dandori::http {

namespace detail {

void Mailbox::post(Letter letter) {
  if (fill_slot(letter)) return;
  const std::lock_guard lock{mutex_};
  if (closed_) return;
  letters_.push_back(std::move(letter));
  if (letters_.size() == 1) wake_();
}

std::vector<Letter> Mailbox::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(letters_, {});
}

void Mailbox::close() {
  std::vector<Letter> dropped;  // destroyed outside the lock: sources may call back
  const std::lock_guard lock{mutex_};
  closed_ = true;
  wake_ = nullptr;
  dropped.swap(letters_);
}

void Mailbox::open_slot(std::uint64_t connection, std::uint64_t sequence,
                        std::optional<Response>& slot) {
  slot_ = &slot;
  slot_connection_ = connection;
  slot_sequence_ = sequence;
}

bool Mailbox::fill_slot(Letter& letter) {
  if (!letter.response || owner_.load() != std::this_thread::get_id()) return false;
  if (slot_ == nullptr || slot_connection_ != letter.connection ||
      slot_sequence_ != letter.sequence) {
    return false;
  }
  *slot_ = std::move(*letter.response);
  return true;
}

}  // namespace detail

Responder::Responder(std::shared_ptr<detail::Mailbox> mailbox, std::uint64_t connection,
                     std::uint64_t sequence)
    : mailbox_{std::move(mailbox)}, connection_{connection}, sequence_{sequence} {}

Responder::Responder(Responder&& other) noexcept
    : mailbox_{std::move(other.mailbox_)},
      connection_{other.connection_},
      sequence_{other.sequence_} {}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  abandon();
  mailbox_ = std::move(other.mailbox_);
  connection_ = other.connection_;
  sequence_ = other.sequence_;
  return *this;
}

Responder::~Responder() {
  abandon();
}

void Responder::operator()(Response response) {
  const std::shared_ptr<detail::Mailbox> mailbox = std::exchange(mailbox_, nullptr);
  if (mailbox == nullptr) return;
  mailbox->post(detail::Letter{connection_, sequence_, std::move(response)});
}

void Responder::abandon() {
  if (mailbox_ == nullptr) return;
  (*this)(
      problem(500, Error{.code = "http.no_answer",
                         .message = "the request was taken but not answered",
                         .hint = "look at the server's log; the request may have had its effect"}));
}

}  // namespace dandori::http
