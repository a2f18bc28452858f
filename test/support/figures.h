#pragma once
/// What a test counted, for the tables of docs/reliability.md.

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

namespace n2c::test {

/// Counts ends of one kind of fault. At its end it adds a line of JSON to the file that
/// $N2C_TEST_FIGURES names, if it names one.
class Figures {
 public:
  explicit Figures(std::string fault) : fault_(std::move(fault)) {}
  ~Figures() {
    const char* file = std::getenv("N2C_TEST_FIGURES");
    if (file == nullptr) return;
    std::ofstream(file, std::ios::app)
        << R"({"fault": ")" << fault_ << R"(", "runs": )" << runs_ << R"(, "success": )" << right_
        << R"(, "error": )" << errors_ << R"(, "wrong": )" << runs_ - right_ - errors_ << "}\n";
  }
  Figures(const Figures&) = delete;
  Figures& operator=(const Figures&) = delete;

  void begin() { ++runs_; }
  /// The run that began last ended so.
  void right(bool is_right = true) { right_ += is_right ? 1 : 0; }
  void clear_error() { ++errors_; }

 private:
  const std::string fault_;
  std::size_t runs_ = 0, right_ = 0, errors_ = 0;
};

}  // namespace n2c::test
