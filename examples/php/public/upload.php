<?php
$sent = $_FILES['file'] ?? null;
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>An upload</title>
<link rel="stylesheet" href="/style.css">
<h1>An upload</h1>
<?php if ($sent !== null && $sent['error'] === UPLOAD_ERR_OK): ?>
<p id="received"><?= htmlspecialchars($sent['name']) ?>, <?= $sent['size'] ?> bytes,
SHA-256 <code><?= hash_file('sha256', $sent['tmp_name']) ?></code></p>
<?php elseif ($sent !== null): ?>
<p id="received">Not received: error <?= $sent['error'] ?> of PHP</p>
<?php endif ?>
<form method="post" enctype="multipart/form-data">
  <input type="file" name="file" required>
  <button>Send</button>
</form>
