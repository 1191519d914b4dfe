#include "api/permission.h"

#include <array>

namespace dandori::api {

using model::Role;

std::string_view to_string(Permission permission) {
  switch (permission) {
    case Permission::open:
      return "open";
    case Permission::view:
      return "view";
    case Permission::run:
      return "run";
    case Permission::operate:
      return "operate";
    case Permission::edit:
      return "edit";
    case Permission::admin:
      return "admin";
  }
  return "";
}

Role role_for(Permission permission) {
  switch (permission) {
    case Permission::open:
    case Permission::view:
      return Role::viewer;
    case Permission::run:
    case Permission::operate:
      return Role::operator_;
    case Permission::edit:
      return Role::author;
    case Permission::admin:
      break;
  }
  return Role::admin;
}

bool allows(Role role, Permission permission) {
  return role >= role_for(permission);
}

Json permissions_json(Role role) {
  using enum Permission;
  Json words = Json::array();
  for (const Permission permission : {view, run, operate, edit, admin}) {
    if (allows(role, permission)) words.push(to_string(permission));
  }
  return words;
}

}  // namespace dandori::api
