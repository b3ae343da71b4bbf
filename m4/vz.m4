# SPDX-License-Identifier: GPL-2.0-or-later
# Macros of vzrun's own configure script.

# VZ_TRY_FLAG(VARIABLE, FLAG...)
# Appends each FLAG that the compiler and the linker take without a word to VARIABLE.
# The probe includes a libc header, so that flags which libc comments on (FORTIFY without
# optimisation) count as refused.
AC_DEFUN([VZ_TRY_FLAG], [
  for vz_flag in m4_normalize([$2]); do
    AS_VAR_PUSHDEF([vz_cv], [vz_cv_flag_$vz_flag])
    AC_CACHE_CHECK([whether $CC takes $vz_flag], [vz_cv], [
      vz_save_CFLAGS=$CFLAGS
      CFLAGS="$CFLAGS -Werror $vz_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("");]])],
                     [AS_VAR_SET([vz_cv], [yes])], [AS_VAR_SET([vz_cv], [no])])
      CFLAGS=$vz_save_CFLAGS])
    AS_VAR_IF([vz_cv], [yes], [$1="$$1 $vz_flag"])
    AS_VAR_POPDEF([vz_cv])
  done
])

# VZ_LIB(PREFIX, PKG-CONFIG MODULE, LEAST VERSION, ARCHIVES, DEBIAN PACKAGE)
# Sets PREFIX_CFLAGS and PREFIX_LIBS. PREFIX_LIBS names the static ARCHIVES (in link order) by
# path, so that the program needs only libc at run time; a distribution without them gets the
# shared library and a notice, and the archive's name in SHARED_LIBS.
AC_DEFUN([VZ_LIB], [
  PKG_CHECK_MODULES([$1], [$2 >= $3], [], [
    AS_IF([$PKG_CONFIG --exists $2],
          [AC_MSG_ERROR([$2 `$PKG_CONFIG --modversion $2` is too old, $3 is needed (Debian: apt-get install $5)])],
          [AC_MSG_ERROR([$2 is missing (Debian: apt-get install $5)])])])
  vz_archives=
  for vz_archive in $4; do
    vz_path=`$CC $CFLAGS $LDFLAGS -print-file-name=$vz_archive`
    AS_CASE([$vz_path],
            [/*], [AS_VAR_APPEND([vz_archives], [" $vz_path"])],
            [vz_archives=none; break])
  done
  AS_IF([test "$vz_archives" = none],
        [AC_MSG_NOTICE([no $vz_archive here: vzrun will need $2's shared library at run time])
         AS_VAR_APPEND([SHARED_LIBS], [" $vz_archive"])],
        [$1_LIBS=$vz_archives])
])
