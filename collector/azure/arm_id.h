// The name of something that Azure Resource Manager knows:
//
//   /subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/virtualMachineScaleSets/V/virtualMachines/7
//
// Azure does not write the case of letters alike in all places, so what is asked for and compared is without regard to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

class ArmId {
 public:
  // Nothing of what is no such name. Also of one in which something stands that could change what a request asks for: names
  // are of letters, digits and -_.() here.
  static std::optional<ArmId> Parse(std::string_view text);

  // "S" of "subscriptions", "7" of "virtualMachines", "Microsoft.Compute" of "providers"; empty: there is none.
  [[nodiscard]] std::string_view Of(std::string_view type) const;
  // The type of what it names: "virtualMachines".
  [[nodiscard]] std::string_view type() const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::vector<std::string> parts_;  // types and names by turns
};

bool EqualNames(std::string_view a, std::string_view b);

}  // namespace loadline::collector
