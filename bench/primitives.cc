// SPDX-License-Identifier: MIT
// bench/primitives.cc - how fast this machine signs, verifies, hashes and compresses.
//
// The floor under all figures of bench/: a slow or busy machine shows here too, so figures of two machines
// are compared as ratios to these. CPU time of one thread, the median of 7 rounds.
#include "lines.h"

#include <sodium.h>
#include <zstd.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace {

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// us of CPU for one call.
double measure(const std::function<void()>& call) {
  constexpr int rounds = 7;
  constexpr double round_us = 20'000;
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const double begin = cpu_us();
    int calls = 0;
    double spent = 0;
    while (spent < round_us) {
      for (int i = 0; i < 8; ++i) call();
      calls += 8;
      spent = cpu_us() - begin;
    }
    times.push_back(spent / calls);
  }
  std::sort(times.begin(), times.end());
  return times[rounds / 2];
}

}  // namespace

int main() {
  if (sodium_init() < 0) return 1;
  unsigned char id[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_keypair(id, secret);
  std::printf("%-8s %6s %10s %10s\n", "what", "bytes", "us", "per_second");
  for (const std::size_t size : {std::size_t{500}, std::size_t{8192}}) {
    std::string text;
    for (bench::Lines lines(1); text.size() < size;) lines.append(text);
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    unsigned char signature[crypto_sign_BYTES];
    unsigned char hash[crypto_hash_sha256_BYTES];
    std::vector<char> packed(ZSTD_compressBound(size));
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    bool good = true;
    const auto show = [size](const char* what, const std::function<void()>& call) {
      const double us = measure(call);
      std::printf("%-8s %6zu %10.2f %10.0f\n", what, size, us, 1e6 / us);
    };
    show("sign", [&] { crypto_sign_detached(signature, nullptr, bytes, size, secret); });
    show("verify", [&] { good = good && crypto_sign_verify_detached(signature, bytes, size, id) == 0; });
    show("sha256", [&] { crypto_hash_sha256(hash, bytes, size); });
    show("zstd-1", [&] {
      good = good && ZSTD_isError(
                         ZSTD_compressCCtx(context, packed.data(), packed.size(), text.data(), size, 1)) == 0;
    });
    ZSTD_freeCCtx(context);
    if (!good) return 1;
  }
  return 0;
}
