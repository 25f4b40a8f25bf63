// Shared by the shim's files: C functions that return an error's text instead of throwing.
#pragma once

#include <c10/util/Exception.h>

#include <cstring>
#include <exception>

namespace tare {

/// The text on the heap, to be freed by `tare_free_text`.
inline char* text(const char* message) {
  return strdup(message != nullptr && *message != '\0' ? message : "no message");
}

/// Runs `body`; null where it ends well, else what was thrown, as text.
template <typename Body>
char* guarded(Body body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error& error) {
    return text(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return text(error.what());
  } catch (...) {
    return text("an exception of an unknown type");
  }
}

} // namespace tare
