// The time of each operator that a thread calls, by libtorch's own callbacks.
//
// Operators nest: `aten::linear` calls `aten::addmm`. Only the outermost counts, with all its time, so that no time is
// counted twice and the operators are those that were asked for. The clock is CLOCK_MONOTONIC.

#include "guard.h"

#include <ATen/record_function.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Call {
  std::string name;
  uint64_t nanoseconds;
};

struct Recording {
  std::mutex mutex;
  std::vector<Call> calls;
  at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
};

/// Guards `recording`: the callbacks carry no data of their own, so one thread records at a time. Operators that a
/// recorded thread hands to another (`torch.jit.fork`) are recorded too, as the callbacks travel with the task.
std::mutex guard;
std::shared_ptr<Recording> recording;

std::shared_ptr<Recording> current() {
  std::lock_guard<std::mutex> lock(guard);
  return recording;
}

thread_local unsigned depth = 0;

struct Started : at::ObserverContext {
  Clock::time_point at;
};

std::unique_ptr<at::ObserverContext> start(const at::RecordFunction&) {
  if (depth++ > 0) {
    return nullptr;
  }
  auto started = std::make_unique<Started>();
  started->at = Clock::now();
  return started;
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto now = Clock::now();
  --depth;
  if (context == nullptr) {
    return;
  }
  const auto spent = now - static_cast<Started*>(context)->at;
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
  if (auto into = current()) {
    std::lock_guard<std::mutex> lock(into->mutex);
    into->calls.push_back({function.name(), static_cast<uint64_t>(nanoseconds)});
  }
}

} // namespace

extern "C" {

/// Records this thread's operators until `tare_end_recording` on the same thread.
char* tare_begin_recording() {
  return tare::guarded([] {
    std::lock_guard<std::mutex> lock(guard);
    TORCH_CHECK(recording == nullptr, "another thread is being profiled: profile one session at a time");
    auto made = std::make_shared<Recording>();
    made->calls.reserve(4096);
    made->handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(start, end).scopes({at::RecordScope::FUNCTION}));
    recording = std::move(made);
  });
}

/// Calls that have ended since the recording began; 0 where none is under way.
size_t tare_recorded() {
  auto from = current();
  if (from == nullptr) {
    return 0;
  }
  std::lock_guard<std::mutex> lock(from->mutex);
  return from->calls.size();
}

/// Ends the recording and hands each call to `take`, in the order in which they ended.
char* tare_end_recording(void* into, void (*take)(void*, const char*, uint64_t)) {
  return tare::guarded([=] {
    std::shared_ptr<Recording> done;
    {
      std::lock_guard<std::mutex> lock(guard);
      done.swap(recording);
    }
    TORCH_CHECK(done != nullptr, "nothing is being profiled");
    at::removeCallback(done->handle);
    std::lock_guard<std::mutex> lock(done->mutex);
    for (const auto& call : done->calls) {
      take(into, call.name.c_str(), call.nanoseconds);
    }
  });
}
}
