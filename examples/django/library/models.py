from django.core.validators import FileExtensionValidator
from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.CharField(max_length=200, blank=True)
    # Pictures only: what people upload is served from the same site, and a page among it would act for whoever reads it.
    cover = models.FileField(
        upload_to='covers/', blank=True, validators=[FileExtensionValidator(['png', 'jpg', 'jpeg', 'webp'])]
    )

    class Meta:
        ordering = ['title']

    def __str__(self):
        return self.title
